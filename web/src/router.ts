/** Everything that people's programs may ask of the control plane. Agents and pages import the type alone. */
import { agentsRouter } from "./features/agents/router.ts";
import { auditRouter } from "./features/audit/router.ts";
import { devicesRouter, loginRouter } from "./features/devices/router.ts";
import { flowsRouter } from "./features/flows/router.ts";
import { keysRouter } from "./features/keys/router.ts";
import { invitesRouter, membersRouter, sessionsRouter } from "./features/members/router.ts";
import { poolsRouter } from "./features/pools/router.ts";
import { providersRouter } from "./features/providers/router.ts";
import { eventsRouter } from "./features/runs/asks.ts";
import { runsRouter } from "./features/runs/router.ts";
import { settingsRouter } from "./features/settings/router.ts";
import { versionsRouter } from "./features/versions/router.ts";
import { whoamiProcedure, workspacesRouter } from "./features/workspaces/router.ts";
import { router } from "./server/trpc.ts";

export const appRouter = router({
	whoami: whoamiProcedure,
	// First: whoever asks each for what is another's makes entries by another's names.
	audit: auditRouter,
	workspaces: workspacesRouter,
	flows: flowsRouter,
	versions: versionsRouter,
	runs: runsRouter,
	events: eventsRouter,
	agents: agentsRouter,
	pools: poolsRouter,
	settings: settingsRouter,
	keys: keysRouter,
	devices: devicesRouter,
	login: loginRouter,
	sessions: sessionsRouter,
	members: membersRouter,
	invites: invitesRouter,
	providers: providersRouter,
});

export type AppRouter = typeof appRouter;
