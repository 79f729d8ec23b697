"use client";
import { type FocusEvent, type PointerEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

/** How long the pointer may be away before the card goes: enough to move onto it. Milliseconds. */
const LINGER = 120;
/** Pixels between the card, what it tells of, and the edge of the window. */
const GAP = 6;

const anchorOf = (target: EventTarget): HTMLElement | null => (target instanceof Element ? target.closest<HTMLElement>("[data-card]") : null);

/**
 * One card for many places: whichever element with `data-card` inside is under the pointer or focused. What it says must be in the element's own
 * label too; the card is for those who see it. Escape takes it away.
 */
export function useHoverCard() {
	const [anchor, setAnchor] = useState<HTMLElement | null>(null);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const show = (element: HTMLElement | null) => {
		clearTimeout(timer.current);
		if (element) setAnchor(element);
		else timer.current = setTimeout(() => setAnchor(null), LINGER);
	};
	useEffect(() => () => clearTimeout(timer.current), []);
	useEffect(() => {
		if (!anchor) return;
		const hide = () => setAnchor(null);
		const pressed = (event: KeyboardEvent) => event.key === "Escape" && hide();
		document.addEventListener("keydown", pressed);
		// It stands where its anchor was.
		document.addEventListener("scroll", hide, { capture: true, passive: true });
		return () => {
			document.removeEventListener("keydown", pressed);
			document.removeEventListener("scroll", hide, { capture: true });
		};
	}, [anchor]);
	const handlers = {
		onPointerOver: (event: PointerEvent) => event.pointerType !== "touch" && show(anchorOf(event.target)),
		onPointerLeave: () => show(null),
		onFocus: (event: FocusEvent) => event.target.matches(":focus-visible") && show(anchorOf(event.target)),
		onBlur: () => show(null),
	};
	return { anchor: anchor?.isConnected ? anchor : null, handlers, stay: () => clearTimeout(timer.current), leave: () => show(null) };
}

interface Props {
	card: ReturnType<typeof useHoverCard>;
	/** Above this, and not above the element itself, so that what lies around that stays within reach of the pointer. */
	above?: { current: Element | null };
	/** @param at what the element's `data-card` says */
	children(at: string): ReactNode;
}

export function HoverCard({ card: { anchor, stay, leave }, above, children }: Props) {
	const box = useRef<HTMLDivElement>(null);
	useLayoutEffect(() => {
		const [there, here] = [anchor?.getBoundingClientRect(), box.current];
		if (!there || !here) return;
		const { width, height } = here.getBoundingClientRect();
		const left = there.left + there.width / 2 - width / 2;
		here.style.left = `${Math.max(GAP, Math.min(left, document.documentElement.clientWidth - width - GAP))}px`;
		const over = [above?.current?.getBoundingClientRect(), there].find((place) => place && place.top - height - GAP >= GAP);
		here.style.top = `${over ? over.top - height - GAP : there.bottom + GAP}px`;
	});
	const content = anchor && children(anchor.dataset.card ?? "");
	if (!content) return null;
	return createPortal(
		<div
			ref={box}
			aria-hidden
			onPointerEnter={stay}
			onPointerLeave={leave}
			className="fixed top-0 left-0 z-30 max-w-72 rounded-md border border-line bg-raised px-3 py-2 shadow-(--shadow-float)"
		>
			{content}
		</div>,
		document.body,
	);
}
