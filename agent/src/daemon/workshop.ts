/** What every execution of an agent is prepared with. */
import type { NodeEnvironments } from "../environments/node.ts";
import type { PythonEnvironments } from "../environments/python.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { Connection } from "./connection.ts";
import type { Gpus } from "./gpus.ts";
import type { Projects } from "./project.ts";
import type { Sdk } from "./sdk.ts";
import type { Vault } from "./secrets/vault.ts";
import type { SettingsOfWorkspace } from "./settings.ts";
import type { Store } from "./store.ts";
import type { Versions } from "./versions.ts";

export interface Workshop {
	/** Its id. */
	agent: string;
	key: WorkspaceKey;
	versions: Versions;
	projects: Projects;
	environments: PythonEnvironments;
	packages: NodeEnvironments;
	sdk: Sdk;
	nodeSdk: Sdk;
	vault: Vault;
	settings: SettingsOfWorkspace;
	store: Store;
	gpus: Gpus;
	connection: Connection;
	/** What processes start with: the agent's own environment, without what is the agent's. */
	environment: NodeJS.ProcessEnv;
}
