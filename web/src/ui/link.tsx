"use client";
import { useRouter } from "next/navigation";
import type { ComponentProps, MouseEvent } from "react";

/** A link to another page of ours. next/link would do, but is a tenth of all that these pages load first, for addresses that none of them has. */
export function Link({ href, onClick, ...rest }: ComponentProps<"a"> & { href: string }) {
	const router = useRouter();
	const follow = (event: MouseEvent<HTMLAnchorElement>) => {
		onClick?.(event);
		// With a key held, the browser opens it elsewhere.
		if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		router.push(href);
	};
	return <a {...rest} href={href} onClick={follow} />;
}
