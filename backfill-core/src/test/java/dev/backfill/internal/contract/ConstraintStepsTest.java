package dev.backfill.internal.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.internal.contract.ConstraintState.Constraint;
import dev.backfill.internal.contract.ConstraintState.TableState;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.ServerInfo;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Options;
import dev.backfill.model.Specification;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ConstraintStepsTest {
  private static final String OURS = "backfill_c_not_null";

  private static final String ADD_CHECK =
      "alter table \"s\".\"t\" add constraint \"backfill_c_not_null\" check (\"c\" is not null) not"
          + " valid";
  private static final String ADD_NOT_NULL =
      "alter table \"s\".\"t\" add constraint \"backfill_c_not_null\" not null \"c\" not valid";
  private static final String SET = "alter table \"s\".\"t\" alter column \"c\" set not null";
  private static final String DROP =
      "alter table \"s\".\"t\" drop constraint \"backfill_c_not_null\"";

  private static String validate(String table, String constraint) {
    return "alter table \"s\".\"%s\" validate constraint \"%s\"".formatted(table, constraint);
  }

  private static TableState table(String name, boolean declared, Constraint... constraints) {
    char kind = name.startsWith("p") ? 'p' : 'r';
    return new TableState(
        new Leaf(name.hashCode(), "s", name.substring(name.indexOf(':') + 1), kind, 0, 0, 100, 1),
        true,
        declared,
        List.of(constraints));
  }

  private static Constraint check(String name, boolean valid) {
    return new Constraint(name, true, valid);
  }

  private static Constraint notNull(String name, boolean valid) {
    return new Constraint(name, false, valid);
  }

  private static ConstraintSteps steps(int major, boolean rowType, TableState... tables) {
    Leaf root = tables[0].table();
    TableInfo info =
        new TableInfo(
            root.oid(),
            root.schema(),
            root.name(),
            root.kind(),
            false,
            false,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    Specification spec =
        new Specification(
            Optional.empty(),
            Optional.of("s"),
            root.name(),
            "c",
            "text",
            new ColumnValue.Constant("x"),
            Optional.empty(),
            List.of(),
            Options.defaults());
    ServerInfo server =
        new ServerInfo(
            major * 10_000,
            false,
            false,
            Duration.ZERO,
            Duration.ZERO,
            0,
            0,
            true,
            "database",
            "user");
    Target target =
        new Target(spec, server, info, new Key("t_pkey", List.of(), false), "text", true);
    return new ConstraintSteps(target, new ConstraintState(OURS, rowType, Arrays.asList(tables)));
  }

  private static List<String> remaining(int major, TableState... tables) {
    return steps(major, false, tables).remaining().stream().map(Ddl::sql).toList();
  }

  @Nested
  class UpTo17 {

    @Test
    void checkThenNotNullThenTheCheckGoes() {
      assertThat(remaining(17, table("t", false)))
          .containsExactly(ADD_CHECK, validate("t", OURS), SET, DROP);
    }

    @Test
    void aCheckThatIsNotValidIsValidated() {
      assertThat(remaining(17, table("t", false, check(OURS, false))))
          .containsExactly(validate("t", OURS), SET, DROP);
    }

    @Test
    void aValidCheckNeedsNoOther() {
      assertThat(remaining(17, table("t", false, check(OURS, true)))).containsExactly(SET, DROP);
    }

    @Test
    void theCheckGoesAfterACrash() {
      assertThat(remaining(17, table("t", true, check(OURS, true)))).containsExactly(DROP);
    }

    @Test
    void aValidCheckOfTheUserIsUsedAndStays() {
      assertThat(remaining(17, table("t", false, check("theirs", true)))).containsExactly(SET);
      assertThat(remaining(17, table("t", true, check("theirs", true)))).isEmpty();
    }

    @Test
    void aCheckOfTheUserThatIsNotValidIsLeftAlone() {
      assertThat(remaining(17, table("t", false, check("theirs", false))))
          .containsExactly(ADD_CHECK, validate("t", OURS), SET, DROP);
    }

    @Test
    void aCompositeTypeIsCheckedAsAWhole() {
      assertThat(steps(17, true, table("t", false)).remaining().get(0).sql())
          .contains("check (\"c\" is distinct from null)");
    }

    @Test
    void leavesAreValidatedBeforeTheirParent() {
      assertThat(
              remaining(
                  17,
                  table("p:t", false, check(OURS, false)),
                  table("l1", false, check(OURS, true)),
                  table("p:m", false, check(OURS, false)),
                  table("l2", false, check(OURS, false))))
          .containsExactly(validate("l2", OURS), validate("t", OURS), SET, DROP);
    }
  }

  @Nested
  class From18 {

    @Test
    void notNullIsAddedAndValidated() {
      assertThat(remaining(18, table("t", false)))
          .containsExactly(ADD_NOT_NULL, validate("t", OURS));
    }

    @Test
    @DisplayName("D12: a NOT NULL that is not valid is not taken for done, whoever made it")
    void oneThatIsNotValidIsValidated() {
      assertThat(remaining(18, table("t", true, notNull("theirs", false))))
          .containsExactly(validate("t", "theirs"));
    }

    @Test
    @DisplayName("D12: nor is SET NOT NULL, which would scan, used over it beside a valid CHECK")
    void isValidatedBesideACheck() {
      assertThat(remaining(18, table("t", true, notNull("theirs", false), check("check", true))))
          .containsExactly(validate("t", "theirs"));
    }

    @Test
    void aValidCheckOfTheUserSparesTheScan() {
      assertThat(remaining(18, table("t", false, check("theirs", true)))).containsExactly(SET);
    }

    @Test
    void aCheckLeftByAnOlderServerIsUsed() {
      assertThat(remaining(18, table("t", false, check(OURS, false))))
          .containsExactly(validate("t", OURS), SET, DROP);
    }

    @Test
    void leavesWithANotNullOfTheirOwnKeepIt() {
      assertThat(
              remaining(
                  18,
                  table("p:t", false),
                  table("l1", true, notNull("own1", true)),
                  table("l2", true, notNull("own2", false)),
                  table("l3", false)))
          .containsExactly(
              ADD_NOT_NULL, validate("l2", "own2"), validate("l3", OURS), validate("t", OURS));
    }

    @Test
    void aLeafThatIsNotValidUnderAValidParentIsValidated() {
      assertThat(
              remaining(
                  18,
                  table("p:t", true, notNull("n", true)),
                  table("p:m", true, notNull("m", false)),
                  table("l1", true, notNull("own1", false))))
          .containsExactly(validate("l1", "own1"), validate("m", "m"));
    }
  }

  @Test
  @DisplayName("L3: only what is instant is strong, and what is strong stands alone")
  void onlyTheInstantIsStrong() {
    for (int major : List.of(14, 18)) {
      for (Ddl step : steps(major, false, table("p:t", false), table("l", false)).remaining()) {
        boolean validates = step.sql().contains("validate");
        assertThat(step.statements()).hasSize(1);
        assertThat(step.scans()).isEqualTo(validates);
        assertThat(step.lock())
            .isEqualTo(validates ? LockMode.SHARE_UPDATE_EXCLUSIVE : LockMode.ACCESS_EXCLUSIVE);
      }
    }
  }

  @Nested
  class Withdrawal {

    @Test
    void dropsOursWhileItIsNotValid() {
      assertThat(withdrawn(table("t", false, check(OURS, false)))).contains(DROP);
      assertThat(withdrawn(table("t", true, notNull(OURS, false)))).contains(DROP);
    }

    @Test
    void leavesTheUsersAndTheValid() {
      assertThat(withdrawn(table("t", false, check("theirs", false)))).isEmpty();
      assertThat(withdrawn(table("t", true, notNull("theirs", false)))).isEmpty();
      assertThat(withdrawn(table("t", false, check(OURS, true)))).isEmpty();
    }

    private Optional<String> withdrawn(TableState table) {
      return steps(18, false, table).withdrawal().map(Ddl::sql);
    }
  }
}
