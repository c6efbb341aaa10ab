import type { OrderPriority } from './store/facts-orders.ts';
import type { StudyPriority } from './store/facts-priority.ts';

/** A person by name, a rule of the config by name, or the order by its priority. */
export interface PriorityCause {
  readonly kind: 'person' | 'rule' | 'order';
  readonly name: string;
}

/** What the rules of priority ask of the catalog. */
export interface PriorityCatalog {
  ruleGrounds(studies: readonly string[]): Promise<
    readonly {
      readonly study: string;
      readonly callingAeTitle: string;
      readonly modalities: readonly string[];
      readonly orderPriority: OrderPriority | undefined;
      /** What rules said of it before. */
      readonly byRule: StudyPriority | undefined;
    }[]
  >;
}
