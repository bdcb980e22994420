import js from '@eslint/js';
import graphql from '@graphql-eslint/eslint-plugin';
import { defineConfig } from 'eslint/config';
import importSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx'];

const SCHEMA = 'schema/schema.graphql';
const OPERATIONS = 'schema/operations/**/*.graphql';
const GRAPHQL = {
  plugins: { '@graphql-eslint': graphql },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: SCHEMA, documents: OPERATIONS } },
  },
};

/** Types without an id of their own: values, and what lives inside another object. */
const VALUE_TYPES = [
  'AttemptFailure',
  'CatalogEvent',
  'Count',
  'DeliveryEvent',
  'DeliveryEventBatch',
  'DeliveryStats',
  'EndpointAdvanced',
  'EndpointAuthentication',
  'EndpointMailbox',
  'HttpHeader',
  'HttpMessage',
  'LatencyBucket',
  'PageInfo',
  'PublishedEvent',
  'RevealedSecret',
  'StatsPoint',
  'TimingPhase',
  'UserError',
  'WebhooksLink',
];

export default defineConfig(
  {
    ignores: [
      'dist/',
      'src/console/gql/',
      'node_modules/',
      'coverage/',
      '.bellwire/',
      'test/bench/node_modules/',
    ],
  },

  {
    files: [...TYPESCRIPT, '**/*.js', '**/*.mjs'],
    extends: [js.configs.recommended],
    plugins: { 'simple-import-sort': importSort },
    rules: {
      'simple-import-sort/imports': 'error',
      'simple-import-sort/exports': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    // Plain scripts of Node and its globals.
    rules: { 'no-undef': 'off' },
  },
  {
    files: TYPESCRIPT,
    ignores: ['test/bench/**'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Interfaces of libraries ask for promises where there is nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Express 5 and the event listeners take async functions; a rejection is theirs to handle.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/bench/**'],
    rules: {
      // Tests read answers of the API and rows of tables as they come.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },

  {
    ...GRAPHQL,
    files: [SCHEMA],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Plain lists are allowed beside connections, and logs page forward only.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      '@graphql-eslint/strict-id-in-types': [
        'error',
        { exceptions: { types: VALUE_TYPES, suffixes: ['Payload', 'Connection', 'Edge'] } },
      ],
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
      '@graphql-eslint/require-nullable-result-in-root': 'error',
      '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
      '@graphql-eslint/require-deprecation-date': 'error',
    },
  },
  {
    ...GRAPHQL,
    files: [OPERATIONS],
    rules: graphql.configs['flat/operations-recommended'].rules,
  },
);
