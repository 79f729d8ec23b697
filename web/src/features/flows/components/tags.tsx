"use client";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { CLEAR, chip } from "./tag-look.ts";

const TagsEditor = later(() => import("./tags-editor.tsx").then((module) => module.default));

/** A tag that leads to all flows that have it. */
export function TagLink({ tag, className = "" }: { tag: string; className?: string }) {
	return (
		<Link
			href={`/flows?tag=${encodeURIComponent(tag)}`}
			title={`All flows tagged ${tag}`}
			className={`${chip} hover:border-line-strong hover:text-text ${className}`}
		>
			<bdi className="truncate">{tag}</bdi>
		</Link>
	);
}

/** The tags of a flow; who may organize can change them here. */
export function Tags({ flow, tags }: { flow: string; tags: string[] }) {
	const { may } = useSession();
	const [editing, setEditing] = useState(false);
	if (editing)
		return (
			<div className="min-h-7">
				<TagsEditor flow={flow} tags={tags} close={() => setEditing(false)} />
			</div>
		);
	return (
		<div className="flex min-h-7 flex-wrap items-center gap-1.5">
			{tags.map((tag) => (
				<TagLink key={tag} tag={tag} />
			))}
			{may.includes("organize") && (
				<Button look="bare" title={CLEAR} onClick={() => setEditing(true)} className={`h-6 px-1.5 text-small ${tags.length > 0 ? "" : "-ml-1.5"}`}>
					<Pencil size={12} aria-hidden />
					{tags.length > 0 ? "Edit tags" : "Add tags"}
				</Button>
			)}
		</div>
	);
}
