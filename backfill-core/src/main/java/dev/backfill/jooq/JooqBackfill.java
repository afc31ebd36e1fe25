package dev.backfill.jooq;

import dev.backfill.Backfill;
import dev.backfill.BackfillBuilder;
import dev.backfill.ColumnStages;
import org.jooq.Configuration;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Schema;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.VisitContext;
import org.jooq.VisitListener;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConfiguration;

/**
 * The entry for tables and fields that jOOQ's code generator made: table, column and type come from
 * them, and the value is a jOOQ expression.
 *
 * <pre>{@code
 * JooqBackfill.column(ORDERS, ORDERS.STATUS_CODE)
 *     .value(when(ORDERS.SHIPPED_AT.isNull(), "pending").otherwise("shipped"))
 *     .on(dataSource)
 *     .run();
 * }</pre>
 */
public final class JooqBackfill {
  private JooqBackfill() {}

  /**
   * @param table the table; its schema is taken when the generated code has one
   * @param column the new column, generated ahead of the migration or declared by hand
   */
  public static <T> Valued<T> column(Table<?> table, TableField<?, T> column) {
    Schema schema = table.getSchema();
    ColumnStages.Typed typed =
        schema == null || schema.getName().isEmpty()
            ? Backfill.column(table.getName(), column.getName())
            : Backfill.column(schema.getName(), table.getName(), column.getName());
    Configuration rendering = rendering(table);
    return new Valued<>(
        typed.type(column.getDataType().nullable(true).getCastTypeName(rendering)), rendering);
  }

  /** Asks for the value of the new column, in the column's type. */
  public static final class Valued<T> {
    private final ColumnStages.Valued stage;
    private final Configuration rendering;

    private Valued(ColumnStages.Valued stage, Configuration rendering) {
      this.stage = stage;
      this.rendering = rendering;
    }

    /**
     * A jOOQ expression over the fields of the table, rendered for PostgreSQL with its values
     * inline.
     */
    public BackfillBuilder value(Field<? extends T> expression) {
      return stage.value(DSL.using(rendering).renderInlined(expression));
    }

    /** The same value for every row; bound, and it may take the instant path. */
    public BackfillBuilder constant(T value) {
      return stage.constant(value);
    }
  }

  private static Configuration rendering(Table<?> table) {
    return new DefaultConfiguration()
        .set(SQLDialect.POSTGRES)
        .set(new Settings().withRenderQuotedNames(RenderQuotedNames.ALWAYS))
        .set(VisitListener.onVisitStart(context -> bareTable(context, table)));
  }

  /** The table stands under its bare name in every statement, a leaf's included. */
  private static void bareTable(VisitContext context, Table<?> table) {
    if (context.queryPart() instanceof TableField<?, ?> field && table.equals(field.getTable())) {
      context.queryPart(DSL.field(DSL.name(table.getName(), field.getName()), field.getDataType()));
    }
  }
}
