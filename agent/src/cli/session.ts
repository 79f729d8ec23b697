/** What commands work with: home, settings, API and workspace key, each opened when it is first asked for. */
import { type Api, connectApi } from "../client/api.ts";
import { cliHome, readSettings, type Settings, workspaceKeyFromEnvironment } from "../config.ts";
import { openWorkspaceKey, wrongKey } from "../keys.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";

export class Session {
	readonly home: string = cliHome();
	#settings: Settings | undefined;
	#asked: string | undefined;
	#api: Api | undefined;
	#key: Promise<WorkspaceKey> | undefined;

	/** Throws SettingsError. */
	get settings(): Settings {
		this.#settings ??= readSettings(this.home);
		return this.#settings;
	}

	get api(): Api {
		this.#api ??= connectApi(this.settings);
		return this.#api;
	}

	/** The URL, if it is known so far: for messages. */
	get url(): string | null {
		return this.#asked ?? this.#settings?.url ?? null;
	}

	/** Of a command that goes elsewhere than the settings say, or where there are none yet. */
	asks(url: string): void {
		this.#asked = url;
	}

	/** From the settings where they know it: that saves a round trip. */
	async workspaceId(): Promise<string> {
		return this.settings.workspaceId ?? (await this.api.whoami.query()).workspace.id;
	}

	/** Throws KeyError. */
	key(): Promise<WorkspaceKey> {
		this.#key ??= this.#openKey();
		this.#key.catch(() => {});
		return this.#key;
	}

	async #openKey(): Promise<WorkspaceKey> {
		const { workspaceId } = this.settings;
		// A key in a file was compared with the workspace's when it was imported; one in the environment was not.
		if (workspaceId && !workspaceKeyFromEnvironment()) return openWorkspaceKey(this.home, workspaceId);
		const { workspace } = await this.api.whoami.query();
		const key = await openWorkspaceKey(this.home, workspace.id);
		if (workspace.kid !== null && workspace.kid !== key.kid) throw wrongKey(key.kid, workspace.kid);
		return key;
	}
}
