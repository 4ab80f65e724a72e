package injectors

// With is All, with a keeper that the test closes.
var With = with
