"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useMay } from "../../../browser/may.ts";
import { ask } from "../../../ui/asked.ts";
import { Button } from "../../../ui/button.tsx";
import { later } from "../../../ui/later.tsx";
import { row, rowCell } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";
import type { Member } from "./member.ts";

const RemoveDialog = later(() => import("./remove-dialog.tsx").then((module) => module.RemoveDialog));
const LinkDialog = later(() => import("./link-dialog.tsx").then((module) => module.LinkDialog));

export function MemberRow({ member }: { member: Member }) {
	const [asked, setAsked] = useState<"remove" | "link">();
	const [why, setWhy] = useState<string>();
	const reason = useId();
	const { may } = useMay("members");
	const { name, email, self, stays } = member;
	const doing = self ? "Leave" : "Remove";
	return (
		<>
			<tr className={row}>
				<td className={`${rowCell} h-12 max-w-0 max-sm:w-full max-sm:max-w-full sm:py-1`}>
					<span className="block truncate font-medium" title={name}>
						<bdi>{name}</bdi>
						{self && <span className="ml-2 rounded-sm bg-selected px-1.5 font-normal text-accent text-small">you</span>}
					</span>
					<span className="block truncate text-quiet text-small" title={email}>
						<bdi>{email}</bdi>
					</span>
					{stays && (self || may) && (
						<span id={reason} className="block whitespace-normal break-words text-quiet text-small">
							{stays}
						</span>
					)}
				</td>
				<td className={rowCell}>
					<RoleChoice member={member} refused={setWhy} />
				</td>
				<td className={`${rowCell} text-quiet max-sm:text-small`}>
					<span className="sm:sr-only">joined </span>
					<Ago at={member.joinedAt} />
				</td>
				<td className={`${rowCell} text-quiet max-sm:text-small`}>
					{member.lastSignInAt ? (
						<>
							<span className="sm:sr-only">signed in </span>
							<Ago at={member.lastSignInAt} />
						</>
					) : (
						<>
							never<span className="sm:sr-only"> signed in</span>
						</>
					)}
				</td>
				<td className={`${rowCell} text-end max-sm:ml-auto`}>
					<span className="inline-flex gap-1">
						{member.link && (
							<Button look="bare" onClick={() => setAsked("link")} aria-label={`Sign-in link for ${email}`}>
								Sign-in link
							</Button>
						)}
						{self && (
							<Button look="bare" onClick={() => ask("profile")}>
								Rename
							</Button>
						)}
						{(self || may) && (
							<Button
								look="bare"
								disabled={stays !== null}
								aria-describedby={stays ? reason : undefined}
								onClick={() => setAsked("remove")}
								aria-label={`${doing} ${self ? "the organization" : email}`}
							>
								{doing}
							</Button>
						)}
					</span>
					{asked === "remove" && <RemoveDialog member={member} close={() => setAsked(undefined)} />}
					{asked === "link" && <LinkDialog member={member} close={() => setAsked(undefined)} />}
				</td>
			</tr>
			{why && (
				<tr className="max-sm:block">
					<td colSpan={5} className="border-line border-b px-3 pb-2 max-sm:block">
						<p role="alert" className="break-words text-failed">
							{why}
						</p>
					</td>
				</tr>
			)}
		</>
	);
}

/** A choice among what may be given; the reason why not stands on the word. */
function RoleChoice({ member, refused }: { member: Member; refused(why: string | undefined): void }) {
	const client = useQueryClient();
	const set = useMutation(
		trpc.members.setRole.mutationOptions({
			onMutate: () => refused(undefined),
			onError: (error) => refused(error.message),
			// What one may do may have changed along.
			onSettled: () => Promise.all([client.invalidateQueries(trpc.members.list.pathFilter()), client.invalidateQueries(trpc.whoami.pathFilter())]),
		}),
	);
	const { role, roles, self, stays } = member;
	if (roles.length < 2) {
		const why = self && role === "owner" ? (stays ?? undefined) : "You may not change this role.";
		return (
			<span title={why} className="inline-flex h-7 items-center">
				{role}
			</span>
		);
	}
	return (
		<select
			aria-label={`Role of ${member.email}`}
			value={set.isPending ? set.variables.role : role}
			disabled={set.isPending}
			onChange={(event) => set.mutate({ id: member.id, role: event.target.value as Member["role"] })}
			className="h-7 rounded-md border border-line bg-raised px-2 hover:border-line-strong"
		>
			{roles.map((each) => (
				<option key={each} value={each}>
					{each}
				</option>
			))}
		</select>
	);
}
