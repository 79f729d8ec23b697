import { parseArgs } from "node:util";
import { Advice } from "../progress.mjs";

export type Options = { port: number | undefined; example: boolean; fresh: boolean; help: boolean };

export const help = `npm start -- [options]

Starts Tidegate on this machine: Postgres, the control plane, one agent, and an example flow.
All data lies in .tidegate/ and stays there until --fresh.

  --port N       serve on this port (else 7411, or the next free one)
  --no-example   do not deploy and run the example
  --fresh        delete all data of earlier starts first
  --help         this text

  DATABASE_URL   a Postgres to use in place of the embedded one (a role that may create tables and roles)

For example: npm start -- --port 8000 --no-example`;

/** Throws Advice for what is not understood. */
export function parseOptions(args: string[]): Options {
	let values: Record<string, string | boolean | undefined>;
	try {
		({ values } = parseArgs({
			args,
			options: {
				port: { type: "string" },
				"no-example": { type: "boolean" },
				fresh: { type: "boolean" },
				help: { type: "boolean", short: "h" },
			},
		}));
	} catch (error) {
		throw new Advice(`${(error as Error).message.split(". To specify")[0]}\n\n${help}`);
	}
	const port = values.port === undefined ? undefined : Number(values.port);
	if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
		throw new Advice(`--port ${values.port} is no port: give a number from 1 to 65535`);
	}
	return { port, example: !values["no-example"], fresh: Boolean(values.fresh), help: Boolean(values.help) };
}
