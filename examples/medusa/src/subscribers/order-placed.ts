import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework"
import axios from "axios"
import { pick } from "lodash"

/** Tell the warehouse what to pack. */
export default async function orderPlaced({ event }: SubscriberArgs<{ id: string }>) {
  const order = pick(event.data, ["id"])
  await axios.post(process.env.WAREHOUSE_URL!, order, { timeout: 5000 })
}

export const config: SubscriberConfig = { event: "order.placed" }
