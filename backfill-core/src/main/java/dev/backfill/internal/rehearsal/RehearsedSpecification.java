package dev.backfill.internal.rehearsal;

import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.Contract;
import dev.backfill.model.Options;
import dev.backfill.model.ScanOrder;
import dev.backfill.model.Specification;
import dev.backfill.model.Strategy;
import dev.backfill.model.Stripes;
import dev.backfill.model.Vacuum;
import java.util.Optional;

/** The definition as it is run on the copy. */
public final class RehearsedSpecification {
  private RehearsedSpecification() {}

  /**
   * The same definition, with order and passes as the run would choose them: a copy is smaller, and
   * the caches hold it. Dead rows of the copy go with it, and nobody waits for their vacuum.
   */
  public static Specification of(
      Target target, String schema, String table, WindowKind kind, int stripes) {
    Specification spec = target.spec();
    Options o = spec.options();
    Options options =
        new Options(
            o.newRows(),
            o.batchSize(),
            o.workers(),
            o.stripes().isAuto() ? Stripes.of(stripes) : o.stripes(),
            kind == WindowKind.BLOCK ? ScanOrder.PHYSICAL : ScanOrder.KEY,
            o.maxRowsPerSecond(),
            o.retry(),
            o.timeouts(),
            o.contract() == Contract.SET_NOT_NULL ? Contract.SET_NOT_NULL : Contract.NONE,
            Strategy.BATCHED,
            schema,
            true,
            o.dropCoverAtContract() && o.contract() == Contract.SET_NOT_NULL,
            o.badRows(),
            Vacuum.off(),
            o.throttling());
    return new Specification(
        Optional.of("rehearsal of " + target.runName()),
        Optional.of(schema),
        table,
        spec.column(),
        spec.type(),
        spec.value(),
        spec.where(),
        target.key().columnNames(),
        options);
  }
}
