"use client";
/** A run that was not taken: why, and what to do. */
export function NotTaken({ text, signIn }: { text: string; signIn?: boolean }) {
	return (
		<p role="alert" className="break-words text-failed">
			{text}{" "}
			{signIn && (
				<a href={`/sign-in?back=${encodeURIComponent(location.pathname + location.search)}`} className="underline underline-offset-2">
					Sign in again
				</a>
			)}
		</p>
	);
}
