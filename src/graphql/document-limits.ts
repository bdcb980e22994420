/**
 * What a document may ask for, over HTTP and over WebSocket alike: its length, its tokens, its depth
 * and the number of fields that it selects once its fragments are spread. Without the last, a few
 * hundred tokens of fragments that spread each other would select millions of fields.
 */
import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/** The longest document, in bytes of UTF-8. */
export const MAX_DOCUMENT_BYTES = 32 * 1024;
/** The most tokens of a document (parseOptions.maxTokens). */
export const MAX_TOKENS = 1000;
/** How deep fields may be nested; introspection is not counted, since the standard query is 15 deep. */
export const MAX_DEPTH = 12;
/** How many fields an operation may select with its fragments spread. */
export const MAX_FIELDS = 2000;

/** Depth and number of fields below a selection set. */
interface Extent {
  depth: number;
  fields: number;
}

/** Refuses operations that are too deep or select too much. */
export const documentLimits: ValidationRule = (context: ValidationContext): ASTVisitor => {
  const known = new Map<string, Extent>();
  const open = new Set<string>();

  function ofFragment(fragment: FragmentDefinitionNode): Extent {
    const name = fragment.name.value;
    const found = known.get(name);
    if (found) return found;
    // A circle is refused by a rule of graphql-js; here it must only come to an end.
    if (open.has(name)) return { depth: 0, fields: 0 };
    open.add(name);
    const extent = ofSelections(fragment.selectionSet);
    open.delete(name);
    known.set(name, extent);
    return extent;
  }

  function ofSelections(set: SelectionSetNode): Extent {
    const total: Extent = { depth: 0, fields: 0 };
    const add = ({ depth, fields }: Extent): void => {
      total.depth = Math.max(total.depth, depth);
      total.fields += fields;
    };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        // Names with two underscores are GraphQL's own: __schema, __type, __typename.
        if (selection.name.value.startsWith('__')) add({ depth: 0, fields: 1 });
        else {
          const below = selection.selectionSet
            ? ofSelections(selection.selectionSet)
            : { depth: 0, fields: 0 };
          add({ depth: below.depth + 1, fields: below.fields + 1 });
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) add(ofSelections(selection.selectionSet));
      else {
        const fragment = context.getFragment(selection.name.value);
        if (fragment) add(ofFragment(fragment));
      }
    }
    return total;
  }

  return {
    OperationDefinition(node) {
      const { depth, fields } = ofSelections(node.selectionSet);
      if (depth > MAX_DEPTH)
        context.reportError(
          new GraphQLError(`The operation is ${depth} fields deep; ${MAX_DEPTH} are allowed.`, {
            nodes: node,
          }),
        );
      if (fields > MAX_FIELDS)
        context.reportError(
          new GraphQLError(`The operation selects ${fields} fields; ${MAX_FIELDS} are allowed.`, {
            nodes: node,
          }),
        );
    },
  };
};
