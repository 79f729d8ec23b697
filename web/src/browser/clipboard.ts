/** Puts a text on the clipboard. @returns whether it is there. */
export async function copyText(text: string): Promise<boolean> {
	// Browsers offer the clipboard on https:// and on localhost only; elsewhere what is selected can still be copied.
	if (!navigator.clipboard) return copySelected(text);
	return navigator.clipboard.writeText(text).then(
		() => true,
		() => copySelected(text),
	);
}

function copySelected(text: string): boolean {
	const field = document.createElement("textarea");
	field.value = text;
	field.className = "fixed top-0 opacity-0";
	const before = document.activeElement;
	// Inside an open dialog, or it would give the focus back before the text is copied.
	(before?.closest("[role=dialog]") ?? document.body).append(field);
	field.select();
	const done = document.execCommand("copy");
	field.remove();
	if (before instanceof HTMLElement) before.focus();
	return done;
}
