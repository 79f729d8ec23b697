"use client";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

/** Details that come over the page from its lower edge, where there is no room beside it. */
export function Drawer({ title, close, children }: { title: string; close(): void; children: ReactNode }) {
	return (
		<Base.Root open onOpenChange={(open) => !open && close()}>
			<Base.Portal>
				<Base.Backdrop className="fixed inset-0 z-40 bg-veil transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
				<Base.Popup className="fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[80dvh] max-w-2xl flex-col gap-3 overflow-y-auto rounded-t-md border border-line bg-ground p-4 shadow-(--shadow-float) transition-transform duration-150 data-ending-style:translate-y-full data-starting-style:translate-y-full">
					<Base.Title className="sr-only">{title}</Base.Title>
					<Base.Close aria-label="Close" className="absolute top-3 right-3 rounded-md p-1 text-quiet hover:bg-selected hover:text-text">
						<X size={16} aria-hidden />
					</Base.Close>
					{children}
				</Base.Popup>
			</Base.Portal>
		</Base.Root>
	);
}
