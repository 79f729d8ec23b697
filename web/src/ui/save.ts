/** Saves what this page has as a file. */
export function save(content: Blob, name: string): void {
	const url = URL.createObjectURL(content);
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file's name from a name that may hold anything. */
export const fileName = (name: string, extension: string): string =>
	`${
		name
			.normalize("NFKC")
			.replace(/[^\p{L}\p{N}._-]+/gu, "-")
			.replace(/^[-.]+/, "")
			.slice(0, 80) || "artifact"
	}.${extension}`;
