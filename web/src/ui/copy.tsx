"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "../browser/clipboard.ts";
import { Button, IconButton } from "./button.tsx";
import { reachable } from "./reachable.ts";

function useCopy(text: string | (() => string)): [boolean, () => void] {
	const [done, setDone] = useState(false);
	useEffect(() => {
		if (!done) return;
		const timer = setTimeout(() => setDone(false), 1_500);
		return () => clearTimeout(timer);
	}, [done]);
	return [done, () => void copyText(typeof text === "string" ? text : text()).then(setDone)];
}

export function CopyButton({ text, label }: { text: string | (() => string); label: string }) {
	const [done, copy] = useCopy(text);
	return (
		<IconButton label={done ? "Copied" : label} onClick={copy}>
			{done ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
		</IconButton>
	);
}

export function CopyText({ text, children }: { text: string | (() => string); children: string }) {
	const [done, copy] = useCopy(text);
	return (
		<Button onClick={copy}>
			{done ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
			{done ? "Copied" : children}
		</Button>
	);
}

/** A command or a few lines of code that a person takes along. */
export function Snippet({ code, label }: { code: string; label: string }) {
	return (
		<div className="flex items-start rounded-md border border-line bg-sunken">
			<pre {...reachable(label)} className="min-w-0 flex-1 overflow-x-auto px-3 py-2 font-mono text-small/5">
				{code}
			</pre>
			<span className="p-1">
				<CopyButton text={code} label={`Copy: ${label}`} />
			</span>
		</div>
	);
}
