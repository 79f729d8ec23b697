"use client";
/** What floats over the page: a dialog in the middle, or a sheet from the side. Loaded when first opened. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

const backdrop = "fixed inset-0 z-40 bg-veil transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0";
const panel =
	"fixed top-[12dvh] left-1/2 z-50 flex max-h-[80dvh] w-[min(480px,calc(100vw-32px))] -translate-x-1/2 flex-col gap-4 overflow-y-auto rounded-md border border-line bg-raised p-6 shadow-(--shadow-float) transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0";

interface Props {
	title: string;
	close(): void;
	children: ReactNode;
}

const changed = (close: () => void) => (open: boolean) => {
	if (!open) close();
};

function Close() {
	return (
		<Base.Close aria-label="Close" className="-m-1 rounded-md p-1 text-quiet hover:bg-selected hover:text-text">
			<X size={16} aria-hidden />
		</Base.Close>
	);
}

export function Dialog({ title, close, children }: Props) {
	return (
		<Base.Root open onOpenChange={changed(close)}>
			<Base.Portal>
				<Base.Backdrop className={backdrop} />
				<Base.Popup className={panel}>
					<div className="flex items-start justify-between gap-4">
						<Base.Title className="font-semibold text-large">{title}</Base.Title>
						<Close />
					</div>
					{children}
				</Base.Popup>
			</Base.Portal>
		</Base.Root>
	);
}

export function Sheet({ title, close, children }: Props) {
	return (
		<Base.Root open onOpenChange={changed(close)}>
			<Base.Portal>
				<Base.Backdrop className={backdrop} />
				<Base.Popup className="fixed inset-y-0 left-0 z-50 flex w-64 max-w-[85vw] flex-col border-line border-r bg-ground shadow-(--shadow-float) transition-transform duration-150 data-ending-style:-translate-x-full data-starting-style:-translate-x-full">
					<Base.Title className="sr-only">{title}</Base.Title>
					<div className="absolute top-3 right-3">
						<Close />
					</div>
					{children}
				</Base.Popup>
			</Base.Portal>
		</Base.Root>
	);
}

interface Question extends Props {
	doing: string;
	done(): void;
	pending: boolean;
	/** What leaves all as it is. */
	keep?: string;
	/** It can be taken back. */
	calm?: boolean;
}

/** A question before what has consequences: the text says what will happen, and to how many. */
export function Confirm({ title, close, children, doing, done, pending, keep = "Keep", calm = false }: Question) {
	return (
		<AlertDialog.Root open onOpenChange={changed(close)}>
			<AlertDialog.Portal>
				<AlertDialog.Backdrop className={backdrop} />
				<AlertDialog.Popup className={panel}>
					<AlertDialog.Title className="font-semibold text-large">{title}</AlertDialog.Title>
					<AlertDialog.Description render={<div />}>{children}</AlertDialog.Description>
					<div className="flex justify-end gap-2">
						<Button onClick={close}>{keep}</Button>
						<Button look={calm ? "strong" : "danger"} disabled={pending} onClick={done}>
							{doing}
						</Button>
					</div>
				</AlertDialog.Popup>
			</AlertDialog.Portal>
		</AlertDialog.Root>
	);
}
