import js from "@eslint/js";

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // The compiler knows the names that a browser has, and which of ours are unused.
      "no-undef": "off",
      "no-unused-vars": "off",
      curly: "error",
      eqeqeq: "error",
      "no-else-return": "error",
      "no-implicit-coercion": "error",
      "no-param-reassign": "error",
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-destructuring": ["error", { VariableDeclarator: { array: false, object: true } }],
      "prefer-template": "error",
    },
  },
];
