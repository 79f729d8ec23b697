"use client";
import type { ComponentProps } from "react";
import ReactMarkdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { type Bytes, text } from "tidegate/protocol/bytes.ts";

function Outside({ href, children }: ComponentProps<"a">) {
	// Of an address that could run something, only the text is left.
	if (!href) return <span>{children}</span>;
	return (
		<a href={href} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline underline-offset-2">
			{children}
		</a>
	);
}

/** An image elsewhere would tell its server who reads this: it stays a link. */
function Elsewhere({ src, alt }: ComponentProps<"img">) {
	return typeof src === "string" ? <Outside href={src}>{alt || src}</Outside> : <span>{alt}</span>;
}

export default function Markdown({ bytes }: { bytes: Bytes }) {
	return (
		<div className="prose">
			<ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={{ a: Outside, img: Elsewhere }}>
				{text(bytes)}
			</ReactMarkdown>
		</div>
	);
}
