import { NextResponse, type NextRequest } from "next/server"

/** Only signed-in customers see their account. */
export function middleware(request: NextRequest) {
  if (!request.cookies.get("_medusa_jwt")) {
    return NextResponse.redirect(new URL("/login", request.url))
  }
  return NextResponse.next()
}

export const config = { matcher: ["/account/:path*"] }
