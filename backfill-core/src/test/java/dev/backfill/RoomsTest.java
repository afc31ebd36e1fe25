package dev.backfill;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each room uses the floors below its own: not its neighbours, and nothing above. */
@DisplayName("Rooms")
class RoomsTest {

  private static final String INTERNAL = "dev.backfill.internal..";

  /** The one floor whose rooms know each other; {@link #haveNoCycles} keeps that one-way. */
  private static final List<String> WORDS =
      List.of("dev.backfill.model", "dev.backfill.throttle", "dev.backfill.event");

  private static final List<List<String>> FLOORS =
      List.of(
          WORDS,
          List.of("dev.backfill.internal.time"),
          List.of("dev.backfill.internal.postgres"),
          List.of(
              "dev.backfill.internal.checkpoint",
              "dev.backfill.internal.signal",
              "dev.backfill.internal.vacuum"),
          List.of(
              "dev.backfill.internal.expand",
              "dev.backfill.internal.batch",
              "dev.backfill.internal.contract",
              "dev.backfill.internal.verify"),
          List.of("dev.backfill.internal.plan", "dev.backfill.internal.rehearsal"),
          List.of("dev.backfill.internal.engine"),
          List.of("dev.backfill"),
          List.of("dev.backfill.jooq", "dev.backfill.fleet"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          // What the tests stand on is no room of the library.
          .withImportOption(location -> !location.contains("/dev/backfill/examples/"))
          .importPackages("dev.backfill");

  @ParameterizedTest(name = "{0}")
  @MethodSource("roomsWithFloorsBelow")
  void useOnlyTheFloorsBelow(String room, List<String> below) {
    String[] allowed =
        Stream.concat(Stream.of(room), below.stream()).distinct().toArray(String[]::new);
    check(
        noClasses()
            .that()
            .resideInAPackage(room)
            .should()
            .dependOnClassesThat(resideInAPackage("dev.backfill..").and(resideOutsideOf(allowed))));
  }

  static Stream<Arguments> roomsWithFloorsBelow() {
    List<Arguments> rooms = new ArrayList<>();
    List<String> below = new ArrayList<>(WORDS);
    for (List<String> floor : FLOORS) {
      floor.forEach(room -> rooms.add(arguments(room, List.copyOf(below))));
      below.addAll(floor);
    }
    return rooms.stream();
  }

  @Test
  void areAllOnAFloor() {
    String[] rooms = FLOORS.stream().flatMap(List::stream).toArray(String[]::new);
    check(classes().should().resideInAnyPackage(rooms));
  }

  @Test
  void haveNoCycles() {
    check(slices().matching("dev.backfill.(**)").should().beFreeOfCycles());
  }

  @Test
  @DisplayName("name jOOQ only inside and in the typed entry: it may be missing at run time")
  void nameJooqOnlyInside() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("dev.backfill.jooq", INTERNAL)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.jooq.."));
  }

  @Test
  void doNotKnowSpring() {
    check(noClasses().should().dependOnClassesThat().resideInAPackage("org.springframework.."));
  }

  @Test
  void doNotShowTheInsideInPublicSignatures() {
    check(
        codeUnits()
            .that()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage(INTERNAL)
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .and()
            .arePublic()
            .should(nameNothingInside()));
  }

  /**
   * Whether a lease has ended is for the database to say, and how long something took for the
   * ticker. So a node whose clock is hours off can neither keep a run nor take one over too soon.
   */
  @Test
  @DisplayName("C4, C5, C9: read no wall clock, so that a node's may be hours off")
  void readNoWallClock() {
    check(noClasses().should().callMethodWhere(readsTheWallClock()));
  }

  private static DescribedPredicate<JavaMethodCall> readsTheWallClock() {
    return DescribedPredicate.describe(
        "the wall clock is read",
        call -> {
          String owner = call.getTargetOwner().getName();
          String method = call.getName();
          return (owner.equals("java.lang.System") && method.equals("currentTimeMillis"))
              || (owner.equals("java.time.Clock") && method.startsWith("system"))
              || (owner.startsWith("java.time.") && method.equals("now"));
        });
  }

  private static void check(ArchRule rule) {
    // A room may still be empty.
    rule.allowEmptyShould(true).check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> resideOutsideOf(String... packages) {
    return DescribedPredicate.not(resideInAnyPackage(packages));
  }

  private static ArchCondition<JavaCodeUnit> nameNothingInside() {
    return new ArchCondition<>("name nothing of the inside") {
      @Override
      public void check(JavaCodeUnit unit, ConditionEvents events) {
        Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
            .flatMap(type -> type.getAllInvolvedRawTypes().stream())
            .filter(resideInAPackage(INTERNAL))
            .map(type -> unit.getDescription() + " names " + type.getName())
            .forEach(message -> events.add(SimpleConditionEvent.violated(unit, message)));
      }
    };
  }
}
