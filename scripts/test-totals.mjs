// Prints `N passed, N failed` of a test report that vitest wrote: the last line of .ci/run.
// Fails when there is no report, no test ran or one failed.
import { readFileSync } from "node:fs";

/** @returns {{ passed: number, failed: number }} */
function read() {
  try {
    const report = JSON.parse(readFileSync(process.argv[2] ?? "dist/test-report.json", "utf8"));
    return {
      passed: report.numPassedTests,
      // A file that could not be loaded has no tests to count, and is a failure all the same.
      failed: Math.max(report.numFailedTests, report.success ? 0 : 1),
    };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

const { passed, failed } = read();
console.log(`${passed} passed, ${failed} failed`);
process.exit(passed > 0 && failed === 0 ? 0 : 1);
