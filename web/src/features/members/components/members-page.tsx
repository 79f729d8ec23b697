"use client";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useMay } from "../../../browser/may.ts";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { count, plural } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Search } from "../../../ui/search.tsx";
import { SettingsPage } from "../../../ui/settings.tsx";
import { ActionsHead, head, Table } from "../../../ui/table.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { InvitesTable } from "./invites-table.tsx";
import type { Member } from "./member.ts";
import { MemberRow } from "./member-row.tsx";

const InviteDialog = later(() => import("./invite-dialog.tsx").then((module) => module.InviteDialog));

/** Rows that are shown before the rest is asked for. */
const FIRST = 200;

export function MembersPage() {
	const list = useQuery(trpc.members.list.queryOptions({}));
	return (
		<SettingsPage section="Members">
			<h1 className="sr-only">Members</h1>
			{!list.data && list.error && <Trouble title="The members can't be shown" detail={list.error.message} again={() => void list.refetch()} />}
			{!list.data && !list.error && <div className="ghost h-9" aria-busy="true" />}
			{list.data && <Members members={list.data.members} grants={list.data.grants} />}
		</SettingsPage>
	);
}

function Members({ members, grants }: { members: Member[]; grants: Member["role"][] }) {
	const [text, setText] = useTyped("q");
	const [all, setAll] = useState(false);
	const [inviting, setInviting] = useState(false);
	const { why } = useMay("members");
	const wanted = useDeferredValue(text).trim().toLowerCase();
	const found = members.filter(({ name, email, role }) => `${name}\n${email}\n${role}`.toLowerCase().includes(wanted));
	const shown = all ? found : found.slice(0, FIRST);
	return (
		<>
			<div className="mb-3 flex flex-wrap items-center gap-3">
				<Search label="Find a member" value={text} onChange={setText} className="max-sm:w-full" />
				<span className="text-quiet sm:ml-auto">
					{wanted ? `${count(found.length)} of ${plural(members.length, "member")}` : plural(members.length, "member")}
				</span>
				<Button look="strong" disabled={why !== undefined} title={why} onClick={() => setInviting(true)} className="max-sm:ml-auto">
					Invite
				</Button>
			</div>
			{why && <p className="mb-3 text-quiet">{why} Ask an owner or admin to invite or remove people.</p>}
			<Table
				heads={
					<>
						<th className={`${head} w-full`}>Member</th>
						<th className={head}>Role</th>
						<th className={head}>Joined</th>
						<th className={head}>Last sign-in</th>
						<ActionsHead />
					</>
				}
			>
				{shown.map((member) => (
					<MemberRow key={member.id} member={member} />
				))}
			</Table>
			{found.length === 0 && <p className="py-6 text-quiet">No member has “{wanted}” in name, address or role.</p>}
			{found.length > shown.length && (
				<div className="py-3">
					<Button onClick={() => setAll(true)}>Show all {count(found.length)}</Button>
				</div>
			)}
			{!why && <InvitesTable />}
			{inviting && <InviteDialog grants={grants} close={() => setInviting(false)} />}
		</>
	);
}
