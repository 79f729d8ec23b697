"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Outputs, trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { exact } from "../../../ui/format.ts";
import { ActionsHead, head, row, rowCell, Table } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";

type Invite = Outputs["invites"]["list"]["invites"][number];

/** Invites that nobody accepted yet. */
export function InvitesTable() {
	const list = useQuery(trpc.invites.list.queryOptions({}));
	const invites = list.data?.invites;
	return (
		<section aria-labelledby="invites" className="mt-8">
			<h2 id="invites" className="mb-2 font-semibold text-large">
				Open invites
			</h2>
			{list.error && !invites && <p className="text-failed">{list.error.message}</p>}
			{invites?.length === 0 && <p className="text-quiet">None. An invite holds for seven days and works once.</p>}
			{invites && invites.length > 0 && (
				<Table
					heads={
						<>
							<th className={`${head} w-full`}>For</th>
							<th className={head}>Role</th>
							<th className={head}>Workspace</th>
							<th className={head}>Made</th>
							<th className={head}>Holds until</th>
							<ActionsHead />
						</>
					}
				>
					{invites.map((invite) => (
						<Row key={invite.id} invite={invite} />
					))}
				</Table>
			)}
		</section>
	);
}

function Row({ invite }: { invite: Invite }) {
	const client = useQueryClient();
	const revoke = useMutation(trpc.invites.revoke.mutationOptions({ onSettled: () => client.invalidateQueries(trpc.invites.list.pathFilter()) }));
	return (
		<tr className={row}>
			<td className={`${rowCell} max-w-0 truncate max-sm:w-full max-sm:max-w-full`}>
				<bdi title={invite.email}>{invite.email}</bdi>
				{revoke.error && (
					<span role="alert" className="ml-2 text-failed">
						{revoke.error.message}
					</span>
				)}
			</td>
			<td className={rowCell}>{invite.role}</td>
			<td className={`${rowCell} max-w-40 truncate text-quiet`}>
				<bdi title={invite.workspace}>{invite.workspace}</bdi>
			</td>
			<td className={`${rowCell} text-quiet`}>
				<span title={`by ${invite.createdBy}`}>
					<Ago at={invite.createdAt} />
				</span>
			</td>
			<td className={`${rowCell} text-quiet`}>{invite.expired ? <span className="text-waiting">expired</span> : exact(invite.expiresAt)}</td>
			<td className={`${rowCell} text-end max-sm:ml-auto`}>
				<Button
					look="bare"
					disabled={revoke.isPending}
					onClick={() => revoke.mutate({ id: invite.id })}
					aria-label={`Revoke the invite for ${invite.email}`}
				>
					Revoke
				</Button>
			</td>
		</tr>
	);
}
