import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http"
import Stripe from "stripe"

const stripe = new Stripe(process.env.STRIPE_API_KEY!)

export async function POST(req: MedusaRequest, res: MedusaResponse) {
  const event = stripe.webhooks.constructEvent(
    req.rawBody!,
    req.headers["stripe-signature"] as string,
    process.env.STRIPE_WEBHOOK_SECRET!,
  )
  if (event.type === "payment_intent.succeeded") {
    await req.scope.resolve("payment").capturePayment({ payment_id: event.data.object.id })
  }
  res.sendStatus(200)
}
