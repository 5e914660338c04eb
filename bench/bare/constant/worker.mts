// A Worker that answers a constant, whatever it is asked: nobody can be faster. The constant is the value that the
// benchmark stores, so that as many bytes travel.
const value = JSON.stringify({
  name: "Ada Lovelace",
  visits: 1843,
  tags: ["first", "analyst", "poet"],
  note: "of numbers and of music",
});

export default {
  fetch: () => new Response(value, { headers: { "content-type": "application/json" } }),
} satisfies ExportedHandler;
