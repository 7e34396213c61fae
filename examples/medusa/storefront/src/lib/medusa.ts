const backend = process.env.NEXT_PUBLIC_MEDUSA_URL ?? "http://localhost:9000"

export async function products() {
  const answer = await fetch(`${backend}/store/products`, { next: { revalidate: 60 } })
  return (await answer.json()).products
}
