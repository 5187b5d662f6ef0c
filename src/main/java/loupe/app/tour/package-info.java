/** Pictures of the workbench in all its states, taken without a person. */
package loupe.app.tour;
