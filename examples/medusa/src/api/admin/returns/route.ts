import type { AuthenticatedMedusaRequest, MedusaResponse } from "@medusajs/framework/http"

export async function GET(req: AuthenticatedMedusaRequest, res: MedusaResponse) {
  const { data } = await req.scope.resolve("query").graph({ entity: "return", fields: ["*"] })
  res.json({ returns: data })
}
