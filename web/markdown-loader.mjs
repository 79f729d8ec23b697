// Turns a page of web/docs into its text, so that it is built in and found wherever the server runs.
/** @param {string} source */
export default function markdown(source) {
	return `/** @param {string} source */
export default ${JSON.stringify(source)};`;
}
