// A counter as a Worker's metrics tell it: the text format of Prometheus.

/**
 * The sum of a counter's series. A Worker's isolates count apart, and those that have not counted yet say nothing.
 * @param counter its name, and any label that its series must have: `name` or `name{label="value"}`
 */
export function counterOf(metrics: string, counter: string): number {
  const [name = "", label = ""] = counter.replace("}", "").split("{");
  return metrics
    .split("\n")
    .filter((line) => /[{ ]/.exec(line)?.index === name.length && line.startsWith(name))
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
