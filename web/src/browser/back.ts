/** Where a sign-in leads back to: only paths of this site, since a link must not send people elsewhere after they signed in. @param search of the sign-in's address */
export function backFrom(search: string, origin: string): string {
	const wanted = new URLSearchParams(search).get("back");
	if (!wanted || !URL.canParse(wanted, origin)) return "/flows";
	const url = new URL(wanted, origin);
	// Whole: a path that begins with two slashes would be another host. Blobs have the origin of whoever made them.
	return url.origin === origin && url.protocol !== "blob:" && url.pathname !== "/sign-in" ? url.href : "/flows";
}
