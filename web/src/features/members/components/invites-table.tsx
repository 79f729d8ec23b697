"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Outputs, trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { exact } from "../../../ui/format.ts";
import { cell, head } from "../../../ui/table.ts";
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
				<table className="w-full border-collapse max-sm:block">
					<thead className="max-sm:sr-only">
						<tr>
							<th className={`${head} w-full`}>For</th>
							<th className={head}>Role</th>
							<th className={head}>Workspace</th>
							<th className={head}>Made</th>
							<th className={head}>Holds until</th>
							<th className={head}>
								<span className="sr-only">Actions</span>
							</th>
						</tr>
					</thead>
					<tbody className="max-sm:block">
						{invites.map((invite) => (
							<Row key={invite.id} invite={invite} />
						))}
					</tbody>
				</table>
			)}
		</section>
	);
}

const narrow = "max-sm:h-auto max-sm:border-0 max-sm:p-0";

function Row({ invite }: { invite: Invite }) {
	const client = useQueryClient();
	const revoke = useMutation(trpc.invites.revoke.mutationOptions({ onSettled: () => client.invalidateQueries(trpc.invites.list.pathFilter()) }));
	return (
		<tr className="hover:bg-selected max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:border-line max-sm:border-b max-sm:py-2">
			<td className={`${cell} ${narrow} max-w-0 truncate max-sm:w-full max-sm:max-w-full`}>
				<bdi title={invite.email}>{invite.email}</bdi>
				{revoke.error && (
					<span role="alert" className="ml-2 text-failed">
						{revoke.error.message}
					</span>
				)}
			</td>
			<td className={`${cell} ${narrow}`}>{invite.role}</td>
			<td className={`${cell} ${narrow} max-w-40 truncate text-quiet`}>
				<bdi title={invite.workspace}>{invite.workspace}</bdi>
			</td>
			<td className={`${cell} ${narrow} text-quiet`}>
				<span title={`by ${invite.createdBy}`}>
					<Ago at={invite.createdAt} />
				</span>
			</td>
			<td className={`${cell} ${narrow} text-quiet`}>{invite.expired ? <span className="text-waiting">expired</span> : exact(invite.expiresAt)}</td>
			<td className={`${cell} ${narrow} text-end max-sm:ml-auto`}>
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
