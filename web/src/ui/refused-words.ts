"use client";
/** What each code of a refused sign-in means for whoever is before it, and what to do. */
const WORDS: Record<string, [title: string, text: string]> = {
	link_used: ["This link does not sign you in", "This link was used before: each works once."],
	link_expired: ["This link does not sign you in", "This link is too old: each holds for a day."],
	link_unknown: ["This link does not sign you in", "This link is not one of ours: it may be cut off, or of another Tidegate."],
	invite_unknown: ["This invite can't be accepted", "It is not one of ours: it may be cut off, or of another Tidegate. Ask for a new one."],
	invite_expired: ["This invite has expired", "Each holds for seven days. Ask whoever invited you for a new one."],
	invite_revoked: ["This invite was revoked", "Somebody withdrew it, or a newer one took its place. Ask whoever invited you."],
	invite_used: ["This invite was accepted before", "Each works once. If it was you, sign in; if not, tell whoever invited you."],
	invite_email: [
		"This invite is for another address",
		"You signed in at your identity provider with an address that was not invited. Sign in there with the invited one, or ask for an invite to yours.",
	],
	invite_elsewhere: [
		"This invite is of another organization",
		"The identity provider that you used belongs to another organization. Open the invite again.",
	],
	invite_provider: ["This invite asks for your identity provider", "Your organization signs in by it: open the invite again and continue there."],
	oidc_denied: [
		"The sign-in was declined",
		"You, or your identity provider, said no. Nothing was changed. Try again, or ask whoever runs the provider to let you in.",
	],
	oidc_refused: ["Your identity provider refused", "It ended the sign-in with an error of its own. Try again; if it stays so, tell whoever runs it."],
	oidc_replayed: [
		"This sign-in is over",
		"The answer of your identity provider was used before, came too late, or belongs to another browser. Start again here.",
	],
	oidc_issuer: [
		"The answer came from another issuer",
		"Your identity provider calls itself by another name than the one set up here. An owner of your organization has to correct the issuer.",
	],
	oidc_client: [
		"Your identity provider does not know this Tidegate",
		"It refuses the client id or secret. An owner of your organization has to enter them again (Settings, Sign-in).",
	],
	oidc_down: [
		"Your identity provider does not answer",
		"It can't be reached from here just now. Try again in a minute; if it stays so, tell whoever runs it.",
	],
	oidc_invalid: [
		"The answer could not be verified",
		"What your identity provider sent does not hold. Try again; if it stays so, tell an owner of your organization.",
	],
	oidc_unknown: ["There is no such sign-in", "This identity provider was removed here. Start again with your address."],
	oidc_no_email: ["Your identity provider gives no address", "It must send your e-mail address (scope email). Tell whoever runs it."],
	oidc_unverified: [
		"Your address is not verified",
		"Your identity provider does not say that your e-mail address is yours (claim email_verified). Verify it there, or tell whoever runs it.",
	],
	oidc_domain: [
		"Your address is of another domain",
		"This identity provider may sign in the domains of its organization alone. Use your address there.",
	],
	oidc_removed: [
		"You were removed from this organization",
		"Your identity provider knows you, but an owner or admin removed you here. Ask for an invite.",
	],
	oidc_uninvited: ["You are no member of any organization here", "Your identity provider knows you, but nobody has invited you. Ask for an invite."],
	oidc_taken: [
		"Somebody else has this address here",
		"The account with your address belongs to another sign-in. Ask an owner or admin for an invite.",
	],
	oidc_no_workspace: ["Your organization has no workspace yet", "Ask an owner to make one."],
	too_many: ["Too many attempts", "Wait a minute, then try again."],
	unavailable: ["The server could not sign you in just now", "It did not answer as it should. Try again in a few seconds."],
};

/** next-auth's own words for what ours do not cover. */
export const wordsFor = (code: string): [title: string, text: string] => WORDS[code] ?? (WORDS.unavailable as [string, string]);
