import type { Metadata } from "next";
import { DevicesPage } from "../../../../features/devices/components/devices-page.tsx";

export const metadata: Metadata = { title: "Devices · Tidegate" };

export default function Devices() {
	return <DevicesPage />;
}
