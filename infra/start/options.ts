import { parseArgs } from "node:util";
import { Advice } from "../progress.mjs";
import { help } from "./help.mjs";

export type Options = { port: number | undefined; example: boolean; fresh: boolean };

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
			},
		}));
	} catch (error) {
		throw new Advice(`${(error as Error).message.split(". To specify")[0]}\n\n${help}`);
	}
	const port = values.port === undefined ? undefined : Number(values.port);
	if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
		throw new Advice(`--port ${values.port} is no port: give a number from 1 to 65535`);
	}
	return { port, example: !values["no-example"], fresh: Boolean(values.fresh) };
}
