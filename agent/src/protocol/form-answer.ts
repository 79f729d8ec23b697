/** How the values of a form are the answer to its question. Alone, a field called `approved` would be read as yes or no, so that it is wrapped. */
type Values = Record<string, unknown>;

/** @returns the answer to send. */
export const asAnswer = (values: Values): Values => (Object.hasOwn(values, "approved") ? { approved: true, form: values } : values);

/** @returns the values that such an answer gives the form's fields. */
export function valuesOf(answer: Values): Values {
	const { approved, form } = answer;
	const wrapped = approved === true && form !== null && typeof form === "object" && !Array.isArray(form) && Object.keys(answer).length === 2;
	return wrapped ? (form as Values) : answer;
}
