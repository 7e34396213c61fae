import Link from "next/link"

export default function Home() {
  return <Link href="/coffee">Our coffee</Link>
}
