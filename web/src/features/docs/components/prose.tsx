import { type ComponentProps, isValidElement, type ReactNode } from "react";
import ReactMarkdown, { type ExtraProps } from "react-markdown";
import remarkGfm from "remark-gfm";
import { reachable } from "../../../ui/reachable.ts";
import { Code } from "./code.tsx";
import { anchorOf } from "./library.ts";

const wordsOf = (node: ReactNode): string => {
	if (typeof node === "string" || typeof node === "number") return String(node);
	if (Array.isArray(node)) return node.map(wordsOf).join("");
	return isValidElement<{ children?: ReactNode }>(node) ? wordsOf(node.props.children) : "";
};

function Heading({ children }: ComponentProps<"h2">) {
	const anchor = anchorOf(wordsOf(children));
	return (
		<h2 id={anchor} className="group scroll-mt-16">
			{children}{" "}
			<a href={`#${anchor}`} aria-label={`Link to ${wordsOf(children)}`} className="text-quiet opacity-0 focus:opacity-100 group-hover:opacity-100">
				#
			</a>
		</h2>
	);
}

/** A fence may say which file it is: ```python file=flow.py */
function Block({ children, node }: ComponentProps<"pre"> & ExtraProps) {
	if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
	const { className = "", children: code } = children.props;
	const fence = node?.children[0];
	const meta = fence?.type === "element" ? (fence.data as { meta?: string | null } | undefined)?.meta : undefined;
	const file = /(?:^| )file=(\S+)/.exec(meta ?? "")?.[1];
	return <Code code={wordsOf(code).replace(/\n$/, "")} language={className.replace("language-", "")} file={file} />;
}

function Anchor({ href = "", children }: ComponentProps<"a">) {
	const outside = /^https?:/.test(href);
	return (
		<a href={href} {...(outside ? { target: "_blank", rel: "noopener noreferrer" } : {})} className="text-accent underline underline-offset-2">
			{children}
		</a>
	);
}

/** Wider than the page, a table scrolls by itself. */
function Wide({ children }: ComponentProps<"table">) {
	return (
		<div {...reachable("Table")} className="overflow-x-auto">
			<table>{children}</table>
		</div>
	);
}

export function Prose({ text }: { text: string }) {
	return (
		<ReactMarkdown remarkPlugins={[remarkGfm]} components={{ h2: Heading, pre: Block, a: Anchor, table: Wide }}>
			{text}
		</ReactMarkdown>
	);
}
