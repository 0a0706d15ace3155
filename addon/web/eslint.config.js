import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules/"] },
  { files: ["src/**/*.ts"], extends: [tseslint.configs.strict, tseslint.configs.stylistic] },
  {
    files: ["src/**/*.ts"],
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
    },
  },
);
