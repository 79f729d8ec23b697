/** What runs a flow from a terminal. Pure. @param required parameters that nobody but the person knows a value of */
export const runCommand = (flow: string, required: readonly string[]): string =>
	["npx tidegate run", flow, ...required.map((name) => `-p ${name}=…`), "--watch"].join(" ");
