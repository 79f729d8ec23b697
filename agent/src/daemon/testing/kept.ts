/** What the workspace of a test keeps for its flows, as the control plane gives it out: whatever was put there, under whatever name. */
import type { WorkspaceKey } from "../../protocol/seal.ts";
import { type SettingPlace, sealSetting } from "../../protocol/settings.ts";

export class Kept {
	revision = 0;
	/** How often it was asked for. */
	asked = 0;
	readonly rows: { place: SettingPlace; sealed: Uint8Array }[] = [];

	async set(key: WorkspaceKey, place: SettingPlace, value: unknown): Promise<void> {
		this.revision++;
		this.rows.push({ place, sealed: await sealSetting(key, place, value) });
	}

	answer(): { header: unknown; parts: Uint8Array[] } {
		this.asked++;
		return {
			header: { revision: this.revision, settings: this.rows.map(({ place }, part) => ({ ...place, part })) },
			parts: this.rows.map((row) => row.sealed),
		};
	}
}
