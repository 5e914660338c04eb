/** `holdfast token create|list|revoke`. */
import type { Command } from "@commander-js/extra-typings";
import type { Scope } from "../../client/index.ts";
import { duration, list as texts } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { table } from "../show/table.ts";

export function addToken(program: Command, context: Context): void {
  const token = program
    .command("token")
    .summary("tokens of a namespace: create, list, revoke")
    .description("Tokens of a namespace, which the root token makes and apps use.")
    .addHelpText(
      "after",
      examples(
        "token create --scopes read,write --prefix users/ --expires-in 30d",
        "token list",
        "token revoke 01M8421VSGPG7A4ZPMV0CK0YHR",
      ),
    );
  token
    .command("create")
    .description("Make a token, and print it: it is shown this once, and kept nowhere.")
    .requiredOption("--scopes <scopes>", "read, write, admin", texts)
    .option("--prefix <text>", "only for keys that start with this")
    .option("--expires-in <duration>", "it ceases to be valid then (default: never)", duration)
    .action((options) => create(context, options));
  token
    .command("list")
    .description("The valid tokens, without their secrets.")
    .action(() => list(context));
  token
    .command("revoke")
    .description("Have a token cease to work, everywhere within half a minute.")
    .argument("<id>")
    .action((id) => revoke(context, id));
}

interface Asked {
  readonly scopes: readonly string[];
  readonly prefix?: string | undefined;
  readonly expiresIn?: number | undefined;
}

async function create(context: Context, { scopes, prefix, expiresIn }: Asked): Promise<void> {
  const created = await context.connect().tokens.create({
    // Which scopes there are, the service says.
    scopes: scopes as readonly Scope[],
    prefix,
    ...(expiresIn !== undefined && { expiresAt: context.io.wallNow() + expiresIn }),
  });
  if (context.wantsJson) return context.printJson(created);
  // Alone on standard output, to be kept by whatever reads it.
  await context.print(`${created.token}\n`);
  await context.note(`token ${created.id}; it is not shown again`);
}

async function list(context: Context): Promise<void> {
  const tokens = await context.connect().tokens.list();
  if (context.wantsJson) {
    return context.print(tokens.map((token) => `${JSON.stringify(token)}\n`).join(""));
  }
  const rows = tokens.map(({ id, scopes, createdAt, expiresAt, prefix }) => [
    id,
    scopes.join(","),
    createdAt,
    expiresAt ?? "never",
    prefix,
  ]);
  const titles = ["id", "scopes", "created", "expires", "prefix"];
  await context.print(
    table(
      context.io.out,
      titles.map((title) => ({ title })),
      rows,
    ),
  );
}

async function revoke(context: Context, id: string): Promise<void> {
  const revoked = await context.connect().tokens.revoke(id);
  if (context.wantsJson) return context.printJson(revoked);
  await context.print(`${revoked.id} is revoked, everywhere within half a minute\n`);
}
