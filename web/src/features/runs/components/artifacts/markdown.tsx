"use client";
import { type ComponentProps, useMemo } from "react";
import ReactMarkdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { type Bytes, text } from "tidegate/protocol/bytes.ts";
import { AsText } from "./as-text.tsx";
import { Boundary } from "./boundary.tsx";
import { isHeavy, nesting } from "./nesting.ts";

/** Past these a text is shown as it stands: reading it as Markdown would stop the page. Bytes, levels. */
const LONG = 400_000;
const DEEP = 30;

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
	const content = useMemo(() => (bytes.length > LONG ? undefined : text(bytes)), [bytes]);
	if (content === undefined) return <AsText bytes={bytes} why="This text is too long to be formatted here. It stands as it was written:" />;
	if (nesting(content) > DEEP) return <AsText bytes={bytes} why="This text nests too deep to be formatted here. It stands as it was written:" />;
	if (isHeavy(content))
		return <AsText bytes={bytes} why="This text has too many marks or cells to be formatted here. It stands as it was written:" />;
	return (
		<Boundary instead={<AsText bytes={bytes} why="It stands as it was written:" />}>
			<div className="prose">
				<ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={{ a: Outside, img: Elsewhere }}>
					{content}
				</ReactMarkdown>
			</div>
		</Boundary>
	);
}
