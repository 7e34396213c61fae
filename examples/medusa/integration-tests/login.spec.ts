const admin = { email: "admin@kaffeekontor.example", password: "supersecret" }

test("an administrator signs in", async () => {
  const answer = await fetch("http://localhost:9000/auth/user/emailpass", {
    method: "POST",
    body: JSON.stringify(admin),
  })
  expect(answer.status).toBe(200)
})
