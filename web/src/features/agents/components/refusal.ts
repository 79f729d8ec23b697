/** What the server says of the field `name`, without the field's own name; what it says of anything else stays whole. */
export function refusalOf(error: { message: string } | null, name: string): string | undefined {
	if (!error) return undefined;
	const rest = error.message.startsWith(`${name}: `) ? error.message.slice(name.length + 2) : error.message;
	return rest.charAt(0).toUpperCase() + rest.slice(1);
}
