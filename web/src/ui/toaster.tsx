"use client";
import { useTheme } from "next-themes";
import { useEffect } from "react";
import { Toaster as Sonner, toast as show } from "sonner";
import { useExpired } from "../browser/expiry.ts";
import { onToast, type Toast, takeToasts } from "./toast.ts";

const glyph: Record<NonNullable<Toast["tone"]>, string> = { plain: "bg-accent", good: "bg-succeeded", bad: "bg-failed" };

function showOne({ text, detail, tone = "plain", action, id }: Toast): void {
	show(<bdi className="line-clamp-3 break-words">{text}</bdi>, {
		id,
		description: detail && <bdi className="line-clamp-4 break-words text-quiet">{detail}</bdi>,
		icon: <span aria-hidden className={`size-2 rounded-full ${glyph[tone]}`} />,
		// What went wrong, or asks for something, is read for longer.
		duration: tone === "bad" || action || detail ? 12_000 : 4_000,
		action: action && { label: action.name, onClick: action.run },
	});
}

export default function Toaster() {
	const { resolvedTheme } = useTheme();
	const expired = useExpired();
	useEffect(() => {
		const drain = () => {
			for (const one of takeToasts()) showOne(one);
		};
		drain();
		return onToast(drain);
	}, []);
	return (
		<Sonner
			theme={resolvedTheme === "dark" ? "dark" : "light"}
			position="bottom-right"
			containerAriaLabel="Messages"
			// Above what asks for the workspace key in the same corner; on narrow screens above the bar of a session that has expired, too.
			offset={{ bottom: "calc(24px + var(--corner, 0px))" }}
			mobileOffset={{ bottom: `calc(${expired ? 152 : 16}px + var(--corner, 0px))` }}
			closeButton
			toastOptions={{
				unstyled: true,
				classNames: {
					toast:
						"flex w-(--width) items-start gap-3 rounded-md border border-line bg-raised p-3 pr-10 font-sans text-base text-text shadow-(--shadow-float)",
					icon: "flex h-5 items-center",
					content: "min-w-0 flex-1",
					title: "font-medium",
					actionButton: "h-7 shrink-0 rounded-md border border-line bg-raised px-2.5 hover:border-line-strong",
					closeButton:
						"absolute! top-2.5! right-2! left-auto! flex size-6! transform-none! items-center justify-center rounded-md! border-0! bg-transparent! text-quiet! hover:bg-selected! hover:text-text!",
				},
			}}
		/>
	);
}
