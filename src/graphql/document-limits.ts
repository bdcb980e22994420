/**
 * What a document may ask for by its form: depth, selections, aliases and directives, each counted
 * with the fragments spread. Without that, a few hundred tokens of fragments that spread each other
 * would select millions of fields.
 */
import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

import type { Config } from '../config.ts';
import { limitError } from './answers.ts';

/** The limits that this rule holds. */
export type DocumentLimits = Pick<Config, 'maxDepth' | 'maxFields' | 'maxAliases' | 'maxDirectives'>;

/** What was counted in a part of a document. */
interface Extent {
  depth: number;
  fields: number;
  aliases: number;
  directives: number;
}

/** What each limit counts, and how a refusal says it. */
const COUNTS: [count: keyof Extent, limit: keyof DocumentLimits, verb: string, noun: string][] = [
  ['depth', 'maxDepth', 'is', 'fields deep'],
  ['fields', 'maxFields', 'selects', 'fields and fragments'],
  ['aliases', 'maxAliases', 'has', 'aliases'],
  ['directives', 'maxDirectives', 'has', 'directives'],
];

/** A rule that refuses operations beyond the limits, before any rule has looked into them. */
export function documentLimits(limits: DocumentLimits): ValidationRule {
  return (context: ValidationContext): ASTVisitor => {
    const measure = createMeasure(context);
    return {
      OperationDefinition(node) {
        const extent = measure(node);
        for (const [count, limit, verb, noun] of COUNTS)
          if (extent[count] > limits[limit])
            context.reportError(
              limitError(
                'GRAPHQL_VALIDATION_FAILED',
                limit,
                `The operation ${verb} ${extent[count]} ${noun}; ${limits[limit]} are allowed`,
                { nodes: node },
              ),
            );
      },
    };
  };
}

/** Measures the operations of one document; each fragment is looked at once, however often it is spread. */
function createMeasure(context: ValidationContext): (operation: OperationDefinitionNode) => Extent {
  const known = new Map<string, Extent>();
  const open = new Set<string>();

  function ofFragment(fragment: FragmentDefinitionNode): Extent {
    const name = fragment.name.value;
    const found = known.get(name);
    if (found) return found;
    // A circle is refused by a rule of graphql-js; here it must only come to an end.
    if (open.has(name)) return nothing();
    open.add(name);
    const extent = sum(ofSelections(fragment.selectionSet), directives(fragment));
    open.delete(name);
    known.set(name, extent);
    return extent;
  }

  function below(selection: SelectionNode): Extent {
    if (selection.kind !== Kind.FRAGMENT_SPREAD) return ofSelections(selection.selectionSet);
    const fragment = context.getFragment(selection.name.value);
    return fragment ? ofFragment(fragment) : nothing();
  }

  function ofSelection(selection: SelectionNode): Extent {
    const extent = sum(below(selection), directives(selection));
    extent.fields++;
    if (selection.kind !== Kind.FIELD) return extent;
    if (selection.alias) extent.aliases++;
    // Fields with two underscores are GraphQL's own. How deep __schema goes is held by a rule of
    // graphql-js; the standard query for introspection is 15 deep.
    extent.depth = selection.name.value.startsWith('__') ? 0 : extent.depth + 1;
    return extent;
  }

  function ofSelections(set: SelectionSetNode | undefined): Extent {
    return sum(...(set?.selections ?? []).map(ofSelection));
  }

  return (operation) =>
    sum(
      ofSelections(operation.selectionSet),
      directives(operation),
      ...(operation.variableDefinitions ?? []).map(directives),
    );
}

function nothing(): Extent {
  return { depth: 0, fields: 0, aliases: 0, directives: 0 };
}

function directives(node: { directives?: readonly unknown[] | undefined }): Extent {
  return { ...nothing(), directives: node.directives?.length ?? 0 };
}

/** Side by side: the numbers add up, the depth is the greatest. */
function sum(...extents: Extent[]): Extent {
  const total = nothing();
  for (const { depth, fields, aliases, directives } of extents) {
    total.depth = Math.max(total.depth, depth);
    total.fields += fields;
    total.aliases += aliases;
    total.directives += directives;
  }
  return total;
}
